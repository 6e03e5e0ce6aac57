// Starts the real binary on a free port with a data folder of its own.
import { spawn, execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import assert from 'node:assert/strict'

const repository = join(import.meta.dirname, '../..')
const scratch = mkdtempSync(join(tmpdir(), 'gifchat-test-'))
const running = new Set()

after(async () => {
  try {
    await Promise.all([...running].map((server) => server.stop('SIGKILL')))
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
  // An open handle would keep this process alive until its time limit.
  setTimeout(() => {
    console.error('still open 10 s after the tests:', process.getActiveResourcesInfo())
    process.exit()
  }, 10_000).unref()
})

/** Returns the path of the program. `make test` has built it, with and without the race detector; otherwise it is built here. */
export function binary({ race = true } = {}) {
  return (race ? process.env.GIFCHAT_RACE_BIN : process.env.GIFCHAT_BIN)
    || build(race ? 'gifchat-race' : 'gifchat', '.', race ? ['-race'] : [])
}

/** Returns the path of the Socket.IO server with its defaults and without the chat: test/relay. */
export const relay = () => process.env.GIFCHAT_RELAY_BIN || build('relay', './test/relay')

/** Returns the path of the checker of client records: test/ledger. */
export const ledgerProgram = () => process.env.GIFCHAT_LEDGER_BIN || (ledger ??= build('ledger', './test/ledger'))

/** Returns the path of the Socket.IO server behind several routers and listeners: test/situations. */
export const situations = () => process.env.GIFCHAT_SITUATIONS_BIN || (situationsProgram ??= build('situations', './test/situations', ['-race']))

let situationsProgram // path, built by the first caller
let ledger // path, built by the first caller

function build(name, source, flags = []) {
  const path = join(scratch, name)
  execFileSync('go', ['build', '-tags', 'nomsgpack', ...flags, '-o', path, source], { cwd: repository, stdio: 'inherit' })
  return path
}

let built // path, built by the first caller

/**
 * @param {Record<string, string>} env settings that differ from the defaults
 * @param {{ path, keep }} options another program; an existing data folder
 * @returns a running server: { url, port, stop(signal), restart(signal), logs }
 */
export async function startServer(env = {}, { path, keep } = {}) {
  const server = new Server(path ?? (built ??= binary()), env, keep)
  await server.start()
  return server
}

class Server {
  #path
  #env
  #child
  #exited
  port = 0
  logs = ''

  constructor(path, env, dataDir) {
    this.#path = path
    this.#env = env
    this.dataDir = dataDir ?? mkdtempSync(join(scratch, 'data-'))
  }

  get pid() { return this.#child.pid }
  get url() { return `http://localhost:${this.port}` }
  get ws() { return `ws://localhost:${this.port}` }

  async start() {
    const { PATH, HOME } = process.env
    this.#child = spawn(this.#path, [], {
      cwd: scratch, // without a developer's .env
      env: {
        PATH, HOME,
        HOST: 'localhost',
        DATA_DIR: this.dataDir,
        STORE_TIMEOUT: '60s', // a busy machine delays the store
        GORACE: 'atexit_sleep_ms=0', // stop() finds races in the log
        ...this.#env,
        PORT: String(this.port),
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    running.add(this)
    this.#exited = new Promise((resolve) => this.#child.once('exit', (code, signal) => resolve({ code, signal })))
    const address = await new Promise((resolve, reject) => {
      let seen = ''
      this.#child.stderr.setEncoding('utf8').on('data', (text) => {
        this.logs += text
        seen += text
        const line = seen.match(/msg=listening addr=(\S+)/)
        if (line) resolve(line[1])
      })
      this.#exited.then(({ code }) => reject(new Error(`the server ended with ${code}:\n${this.logs}`)))
    })
    this.port = Number(address.match(/:(\d+)$/)[1])
  }

  /** Ends the server. Fails after a race, a panic, or a status other than 0 on SIGTERM. */
  async stop(signal = 'SIGTERM') {
    if (!running.delete(this)) return
    this.#child.kill(signal)
    const { code } = await this.#exited
    assert.doesNotMatch(this.logs, /DATA RACE|^panic:|^fatal error:/m)
    if (['SIGTERM', 'SIGHUP'].includes(signal)) assert.equal(code, 0, `exit status: got ${code}, want 0:\n${this.logs}`)
  }

  /** Ends the server with a dump of its goroutines and returns their number, without the idle workers. */
  async goroutines() {
    running.delete(this)
    const at = this.logs.length
    const closed = once(this.#child, 'close') // after the last byte of the dump
    this.#child.kill('SIGQUIT')
    await closed
    const dump = this.logs.slice(at)
    assert.match(dump, /^SIGQUIT: quit/m)
    return dump.split(/^(?=goroutine \d+ )/m).slice(1).filter((stack) => !stack.includes('socketio.(*workers)')).length
  }

  /** Restarts the server on the same port and data folder. */
  async restart(signal = 'SIGTERM') {
    await this.stop(signal)
    await this.start()
  }
}
