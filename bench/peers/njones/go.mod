module gifchat/bench/peers/njones

go 1.26.0

require github.com/njones/socketio v0.1.4

require (
	github.com/golang/protobuf v1.5.2 // indirect
	github.com/klauspost/compress v1.10.3 // indirect
	github.com/vmihailenco/msgpack v4.0.4+incompatible // indirect
	golang.org/x/net v0.1.0 // indirect
	golang.org/x/sync v0.1.0 // indirect
	golang.org/x/text v0.4.0 // indirect
	google.golang.org/appengine v1.6.7 // indirect
	google.golang.org/protobuf v1.28.1 // indirect
	nhooyr.io/websocket v1.8.7 // indirect
)
