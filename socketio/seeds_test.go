package socketio

import "strings"

// probes are seeds for the fuzz tests: the packets whose effect on the reference
// server is known (test/lib/probes.js).
var probes = []string{
	`2["reply",`, `2{"a":1}`, `2[]`, `2[null]`, `2[{"toString":1}]`, `2[true]`, `2["connect"]`, `2["disconnect"]`,
	`2["newListener"]`, `9["reply"]`, ``, `3-1[]`, `31.5[]`, `5-["reply"]`, `51["reply",{"_placeholder":true,"num":0}]`,
	`511-["reply",{"_placeholder":true,"num":0}]`, `5100000000000000000000-["reply",{"_placeholder":true,"num":0}]`,
	`51-["reply",{"_placeholder":true,"num":0}]`, `51-["reply",{"_placeholder":true,"num":5}]`,
	`51-["reply",{"_placeholder":true,"num":-1}]`, `51-["reply",{"_placeholder":true,"num":"splice"}]`,
	`0`, `0"x"`, `0[]`, `1`, `2/chat,["join"]`, `4{"message":"no"}`, `50-["reply"]`, `2`, `2[1]`, `2["error"]`,
	`2["__proto__"]`, `2["constructor"]`, `377[]`, `3[]`, `399999999999999999999999[]`, `299999999999999999999999["reply"]`,
	`0/x,`, `0/` + strings.Repeat("x", 300) + `,`, `2["reply","\u0000"]`, `2["reply","\ud800"]`,
	`2["reply",` + strings.Repeat("[", 600) + strings.Repeat("]", 600) + `]`,
}
