// A reverse proxy that forwards requests and WebSockets. It passes on the Host
// header of the client, or replaces it by the address of the server.
import http from 'node:http'
import net from 'node:net'
import { once } from 'node:events'
import { after } from 'node:test'

export async function startProxy({ passHost = false } = {}) {
  const proxy = { port: 0, target: null, close: () => listener.close(listener.closeAllConnections()) }
  const headersOf = (request) => (passHost ? request.headers : { ...request.headers, host: `localhost:${proxy.target.port}` })
  const listener = http.createServer((request, response) => {
    const { method, url } = request
    const onward = http.request({ host: 'localhost', port: proxy.target.port, method, path: url, headers: headersOf(request) }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers)
      answer.pipe(response)
    })
    onward.on('error', () => response.destroy())
    response.on('close', () => onward.destroy())
    request.pipe(onward)
  })
  listener.on('upgrade', (request, socket) => {
    const onward = net.connect(proxy.target.port, 'localhost', () => {
      const lines = Object.entries(headersOf(request)).map(([name, value]) => `${name}: ${value}\r\n`)
      onward.write(`GET ${request.url} HTTP/1.1\r\n${lines.join('')}\r\n`)
      socket.pipe(onward).pipe(socket)
    })
    for (const end of [socket, onward]) end.on('error', () => { socket.destroy(); onward.destroy() })
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  proxy.port = listener.address().port
  after(proxy.close)
  return proxy
}
