# The Python client of test/foreign.test.js: client.py URL TRANSPORTS ROOM
# Prints the received data as one JSON object, and a second object when it has
# reconnected to the restarted server.
import json
import queue
import sys
from importlib.metadata import version

import socketio

url, transports, room = sys.argv[1], sys.argv[2].split(","), sys.argv[3]
news, replies, chats = queue.Queue(), queue.Queue(), queue.Queue()
client = socketio.Client(reconnection_delay=0.05, reconnection_delay_max=0.2)
reconnected = queue.Queue()
client.on("news", news.put)
client.on("reply", lambda *args: replies.put(args))
client.on("chat", chats.put, namespace="/chat")
client.connect(url, transports=transports, namespaces=["/", "/chat"], wait_timeout=10)

blob = bytes([0, 1, 2, 0x1E, 0xFF, 0xFE, 10, 13])
received = {"news": news.get(timeout=5), "transport": client.transport()}
for _ in range(20):  # relayed replies are volatile, so one may be dropped
    received["answer"] = client.call("reply", ("안녕하세요, é😀!", {"deep": [blob]}, blob), timeout=5)
    try:
        text, nested, plain, _ = replies.get(timeout=0.3)
        break
    except queue.Empty:
        pass
received["reply"] = [text, nested["deep"][0].hex(), plain.hex()]

received["join"] = client.call("join", {"room": room}, namespace="/chat", timeout=5)["ok"]
received["acked"] = [client.call("chat", f"가나다 {i} 😀", namespace="/chat", timeout=5)["ok"] for i in range(10)]
received["chats"] = [chats.get(timeout=5)["chat"] for _ in range(11)]
received["version"] = version("python-socketio")
client.on("connect", lambda: reconnected.put("/"))
client.on("connect", lambda: reconnected.put("/chat"), namespace="/chat")
print(json.dumps(received), flush=True)

received = {"back": sorted(reconnected.get(timeout=15) for _ in range(2)), "transport": client.transport()}
received["join"] = client.call("join", {"room": room}, namespace="/chat", timeout=5)["ok"]
received["acked"] = client.call("chat", "다시", namespace="/chat", timeout=5)["ok"]
received["chat"] = chats.get(timeout=5)["chat"]
print(json.dumps(received), flush=True)
client.disconnect()
