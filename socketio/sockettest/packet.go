package sockettest

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"github.com/gobwas/ws"

	"gifchat/socketio"
	"gifchat/socketio/internal/rawjson"
)

// The types of packets.
const (
	packetConnect      = '0'
	packetDisconnect   = '1'
	packetEvent        = '2'
	packetAck          = '3'
	packetConnectError = '4'
	packetBinaryEvent  = '5'
	packetBinaryAck    = '6'
)

var errPacket = errors.New("malformed packet")

// packet is a packet of the server:
//
//	<type>[<attachments>-][<namespace>,][<ack id>][<JSON payload>]
type packet struct {
	typ       byte
	missing   int // attachments that follow
	namespace string
	id        uint64
	hasID     bool
	data      string
	parts     [][]byte
}

func parsePacket(text string) (*packet, error) {
	if text == "" {
		return nil, errPacket
	}
	p := &packet{typ: text[0], namespace: "/"}
	text = text[1:]
	var err error
	if p.typ == packetBinaryEvent || p.typ == packetBinaryAck {
		count, rest, _ := strings.Cut(text, "-")
		if p.missing, err = strconv.Atoi(count); err != nil {
			return nil, errPacket
		}
		text = rest
	}
	if strings.HasPrefix(text, "/") {
		p.namespace, text, _ = strings.Cut(text, ",")
	}
	digits := len(text) - len(strings.TrimLeft(text, "0123456789"))
	if digits > 0 {
		p.hasID = true
		if p.id, err = strconv.ParseUint(text[:digits], 10, 64); err != nil {
			return nil, errPacket
		}
	}
	p.data = text[digits:]
	return p, nil
}

// args returns the payload, an array. NewArgs takes the attachments out of it
// again.
func (p *packet) args() (socketio.Args, error) {
	var inlined []byte
	last := 0
	for _, found := range rawjson.FindPlaceholders([]byte(p.data)) {
		if len(p.parts) == 0 {
			break // a placeholder in a text packet is an object
		}
		n := found.Index()
		if n < 0 || n >= len(p.parts) {
			return nil, errPacket
		}
		inlined = append(inlined, p.data[last:found.Start]...)
		inlined = rawjson.AppendInline(inlined, p.parts[n])
		last = found.End
	}
	inlined = append(inlined, p.data[last:]...)
	var elements []json.RawMessage
	if err := json.Unmarshal(inlined, &elements); err != nil {
		return nil, err
	}
	values := make([]any, len(elements))
	for i, e := range elements {
		values[i] = e
	}
	return socketio.NewArgs(values...)
}

// event splits the payload of an event into its name and its arguments.
func (p *packet) event() (name string, args socketio.Args, err error) {
	args, err = p.args()
	if err != nil || len(args) == 0 {
		return "", nil, errPacket
	}
	err = args[0].Bind(&name)
	return name, args[1:], err
}

// header returns the type and the namespace of a packet to the server.
func header(typ, namespace string) string {
	if namespace == "/" {
		return typ
	}
	return typ + namespace + ","
}

// encode returns the frames of an event or an acknowledgement. typ is that of
// the packet without attachments. id is "" for an event that wants no
// acknowledgement.
func encode(typ byte, namespace, id string, values ...any) ([]ws.Frame, error) {
	args, err := socketio.NewArgs(values...)
	if err != nil {
		return nil, err
	}
	inlined, err := json.Marshal(args)
	if err != nil {
		return nil, err
	}
	var payload []byte
	var attachments []ws.Frame
	last := 0
	for _, found := range rawjson.FindPlaceholders(inlined) {
		if data, ok := found.Inlined(); ok {
			payload = append(payload, inlined[last:found.Start]...)
			payload = rawjson.AppendPlaceholder(payload, len(attachments))
			attachments = append(attachments, ws.NewBinaryFrame(data))
			last = found.End
		}
	}
	payload = append(payload, inlined[last:]...)
	kind := string(typ)
	if n := len(attachments); n > 0 {
		kind = string(typ+packetBinaryEvent-packetEvent) + strconv.Itoa(n) + "-"
	}
	return append([]ws.Frame{message(header(kind, namespace) + id + string(payload))}, attachments...), nil
}

// message returns the frame of a message packet of Engine.IO.
func message(text string) ws.Frame { return ws.NewTextFrame([]byte("4" + text)) }
