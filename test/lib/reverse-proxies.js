// nginx, Caddy and HAProxy with the configurations of docs/proxies.md, each as a process of its own on a free port.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import assert from 'node:assert/strict'
import { until } from './clients.js'

const page = readFileSync(join(import.meta.dirname, '../../docs/proxies.md'), 'utf8')
const PATH = `${process.env.PATH}:/usr/sbin` // Debian's folder of servers
const scratch = mkdtempSync(join(tmpdir(), 'gifchat-proxies-'))
const running = new Set()
after(() => {
  running.forEach((proxy) => proxy.kill('SIGKILL'))
  rmSync(scratch, { recursive: true, force: true })
})

/** The proxies by name: the replacements in the configuration of the page, what it needs around it, and the command. */
const proxies = {
  nginx: {
    language: 'nginx',
    replace: (port) => [['listen 80;', `listen 127.0.0.1:${port};`]],
    wrap: (config, folder) => `
      daemon off; master_process off; pid ${folder}/pid; error_log stderr; events {}
      http {
        access_log off; client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/fastcgi;
        uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
        ${config}
      }`,
    command: (file, folder) => ['nginx', '-p', folder, '-e', 'stderr', '-c', file],
  },
  Caddy: {
    language: 'caddyfile',
    replace: (port) => [['chat.example.org {', `http://127.0.0.1:${port} {`]],
    wrap: (config) => `{\n\tadmin off\n}\n${config}`,
    command: (file) => ['caddy', 'run', '--config', file, '--adapter', 'caddyfile'],
  },
  HAProxy: {
    language: 'haproxy',
    replace: (port) => [['bind :80', `bind 127.0.0.1:${port}`]],
    wrap: (config) => config,
    command: (file) => ['haproxy', '-db', '-f', file],
  },
}

export const proxyNames = Object.keys(proxies)

/** Installs the proxies unless they are present. Fails with the names of the packages that are missing. */
export const installProxies = () => execFileSync(join(import.meta.dirname, '../proxies.sh'), { stdio: 'inherit' })

/** Starts a proxy in front of a server. Resolves to { url, port, stop(), logs }. */
export async function startReverseProxy(name, serverPort) {
  const { language, replace, wrap, command } = proxies[name]
  const port = await freePort()
  let config = page.match(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'ms'))?.[1]
  assert.ok(config, `docs/proxies.md: want a configuration of ${name}`)
  for (const [from, to] of [['127.0.0.1:8005', `127.0.0.1:${serverPort}`], ...replace(port)]) {
    assert.equal(config.split(from).length, 2, `docs/proxies.md, ${name}: want ${from} once in ${config}`)
    config = config.replace(from, to)
  }
  const folder = mkdtempSync(join(scratch, 'proxy-'))
  const file = join(folder, 'config')
  writeFileSync(file, wrap(config, folder))
  const [program, ...args] = command(file, folder)
  const child = spawn(program, args, { env: { PATH, HOME: folder, XDG_CONFIG_HOME: folder, XDG_DATA_HOME: folder }, stdio: ['ignore', 'pipe', 'pipe'] })
  running.add(child)
  const proxy = { port, url: `http://127.0.0.1:${port}`, ws: `ws://127.0.0.1:${port}`, logs: '', stop }
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => { proxy.logs += text })
  const ended = once(child, 'exit')
  await until(async () => {
    assert.equal(child.exitCode, null, `${name} has ended:\n${proxy.logs}`)
    return accepts(port)
  }, `${name} listening on port ${port}`)
  return proxy

  async function stop() {
    child.kill('SIGTERM')
    await ended
    running.delete(child)
  }
}

async function freePort() {
  const listener = net.createServer().listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const { port } = listener.address()
  listener.close()
  await once(listener, 'close')
  return port
}

/** Returns whether something accepts connections on a port. */
function accepts(port) {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false))
    socket.on('connect', () => socket.destroy())
  })
}
