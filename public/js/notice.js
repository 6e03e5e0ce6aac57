// The notice page: the same server over two protocols, side by side.
import { readPage } from "./lib/page.js"
import { listenPlain, listenSocketIO } from "./notice/listeners.js"
import { PanelLog } from "./notice/panel-log.js"

const page = readPage(document)
const template = document.querySelector("template#line")

for (const [name, listen] of [["plain", listenPlain], ["socketio", listenSocketIO]]) {
  const panel = new PanelLog(document.querySelector(`#panel-log-${name}`), template, page)
  if (panel.isLive) listen(panel)
}
