# What test/foreign.test.js has the Python client do: client.py URL TRANSPORTS ROOM
# Prints what it heard, as one JSON object, and then, when it has come back to a
# server that was restarted, another one.
import json
import queue
import sys
from importlib.metadata import version

import socketio

url, transports, room = sys.argv[1], sys.argv[2].split(","), sys.argv[3]
news, replies, chats = queue.Queue(), queue.Queue(), queue.Queue()
client = socketio.Client(reconnection_delay=0.05, reconnection_delay_max=0.2)
back = queue.Queue()
client.on("news", news.put)
client.on("reply", lambda *args: replies.put(args))
client.on("chat", chats.put, namespace="/chat")
client.connect(url, transports=transports, namespaces=["/", "/chat"], wait_timeout=10)

blob = bytes([0, 1, 2, 0x1E, 0xFF, 0xFE, 10, 13])
heard = {"news": news.get(timeout=5), "transport": client.transport()}
for _ in range(20):  # a relayed reply is volatile
    heard["answer"] = client.call("reply", ("안녕하세요, é😀!", {"deep": [blob]}, blob), timeout=5)
    try:
        text, nested, plain, _ = replies.get(timeout=0.3)
        break
    except queue.Empty:
        pass
heard["reply"] = [text, nested["deep"][0].hex(), plain.hex()]

heard["join"] = client.call("join", {"room": room}, namespace="/chat", timeout=5)["ok"]
heard["acked"] = [client.call("chat", f"가나다 {i} 😀", namespace="/chat", timeout=5)["ok"] for i in range(10)]
heard["chats"] = [chats.get(timeout=5)["chat"] for _ in range(11)]
heard["version"] = version("python-socketio")
client.on("connect", lambda: back.put("/"))
client.on("connect", lambda: back.put("/chat"), namespace="/chat")
print(json.dumps(heard), flush=True)

heard = {"back": sorted(back.get(timeout=15) for _ in range(2)), "transport": client.transport()}
heard["join"] = client.call("join", {"room": room}, namespace="/chat", timeout=5)["ok"]
heard["acked"] = client.call("chat", "다시", namespace="/chat", timeout=5)["ok"]
heard["chat"] = chats.get(timeout=5)["chat"]
print(json.dumps(heard), flush=True)
client.disconnect()
