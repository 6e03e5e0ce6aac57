// Builds the programs of socketio/examples and starts them on free ports.
import { spawn, execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { basename, join } from 'node:path'
import { after } from 'node:test'
import assert from 'node:assert/strict'
import { until } from './clients.js'

const repository = join(import.meta.dirname, '../..')
export const examples = join(repository, 'socketio/examples')
export const binaries = join(import.meta.dirname, '../tmp/examples')
const running = new Set()

after(() => Promise.all([...running].map((program) => program.stop())))

/** Builds all examples at once. */
export function buildExamples() {
  mkdirSync(binaries, { recursive: true })
  execFileSync('go', ['build', '-race', '-tags', 'nomsgpack', '-o', `${binaries}/`, './socketio/examples/...'], { cwd: repository, stdio: 'inherit' })
}

/** Returns a port that was free a moment ago. */
export async function freePort() {
  const server = createServer()
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address()
  await new Promise((resolve) => server.close(resolve))
  return port
}

/**
 * Starts an example in its folder, as `go run .` does.
 * @returns the program: { url, port, output, stop(signal) }
 */
export async function startExample(folder, { args = [], port } = {}) {
  const program = new Program(folder, port ?? await freePort())
  await program.start(args)
  return program
}

class Program {
  #child
  #exited
  output = ''

  constructor(folder, port) {
    this.folder = folder
    this.port = port
  }

  get url() { return `http://127.0.0.1:${this.port}` }

  async start(args) {
    this.#child = spawn(join(binaries, basename(this.folder)), ['-addr', `127.0.0.1:${this.port}`, ...args], {
      cwd: join(examples, this.folder), env: { ...process.env, GORACE: 'atexit_sleep_ms=0' }, stdio: ['ignore', 'ignore', 'pipe'],
    })
    running.add(this)
    this.#exited = new Promise((resolve) => this.#child.once('exit', (code, signal) => resolve({ code, signal })))
    let ended = false
    this.#exited.then(() => { ended = true })
    this.#child.stderr.setEncoding('utf8').on('data', (text) => { this.output += text })
    await until(async () => {
      assert.equal(ended, false, `${this.folder} ended:\n${this.output}`)
      return fetch(this.url).then(() => true, () => false)
    }, `an answer of ${this.folder}`)
  }

  /** Ends the program and returns its exit status: { code, signal }. Fails after a race or a panic. */
  async stop(signal = 'SIGKILL') {
    if (!running.delete(this)) return null
    this.#child.kill(signal)
    const status = await this.#exited
    assert.doesNotMatch(this.output, /DATA RACE|^panic:|^fatal error:|level=ERROR| ERROR /m)
    return status
  }
}
