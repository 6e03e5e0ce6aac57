// Runs the official test suites of a fetched copy of socketio/socket.io or Totodore/socketioxide:
//
//     node test/conformance/run-suites.js COPY [SUITE…]
//
// The copy is not changed. The exit status is 1 if a case fails that differences does not list, or if a listed
// case passes.
import { execFileSync, spawn } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { run } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const client = JSON.parse(readFileSync(join(root, 'test/package.json'), 'utf8')).devDependencies['socket.io-client']

// The packages that the suites import. engine.io-client is installed with socket.io-client.
const packages = [`socket.io-client@${client}`, 'mocha@10', 'tsx@4', 'chai@4', 'chai-string@1', 'node-fetch@3', 'ws@8',
  'expect.js@0.3', '@sinonjs/fake-timers@11', 'has-cors@1', 'text-blob-builder@0', 'base64-arraybuffer@1', 'notepack.io@2']

// For each suite: its folder in the copy, and the file with the cases. A suite with a package replaces the tests of
// that installed package, because it imports the client from the folder above.
const suites = {
  'eio3': { folder: 'docs/engine.io-protocol/v3-test-suite', file: 'test-suite.js', cases: mocha },
  'eio4': { folder: 'docs/engine.io-protocol/v4-test-suite', file: 'test-suite.js', cases: mocha },
  'sio5': { folder: 'docs/socket.io-protocol/v5-test-suite', file: 'test-suite.js', cases: mocha },
  'engine-client': { folder: 'packages/engine.io-client/test', package: 'engine.io-client', file: 'test/index.js', cases: mocha },
  'client': { folder: 'packages/socket.io-client/test', package: 'socket.io-client', file: 'test/index.ts', port: 3210, cases: mocha },
  'socketioxide-v4': { folder: 'e2e/socketioxide/test-suites', server: 'sio4', file: 'v4.ts', cases: nodeTest },
  'socketioxide-v5': { folder: 'e2e/socketioxide/test-suites', server: 'sio5', file: 'v5.ts', cases: nodeTest },
  'socketioxide-v5-msgpack': { folder: 'e2e/socketioxide/test-suites', server: 'sio5-msgpack', file: 'v5-msgpack.ts', cases: nodeTest },
}

// The cases that fail by design; docs/protocol.md has the reasons. The result of a case with "sometimes" depends on
// the order in which two packets or requests of the suite arrive.
const upgrade = {
  'should NOOP all polling requests while upgrading': 'always',
  'should ignore HTTP requests with same sid after upgrade': 'sometimes',
}
const acknowledgement = { 'should emit with a binary ack expectation': 'always' }
const differences = {
  'eio3': { 'sends and receives a plain text packet': 'sometimes' },
  'engine-client': {
    'provides details when maxHttpBufferSize is reached (polling)': process.env.USE_FETCH ? 'sometimes' : 'always',
    'provides details when maxHttpBufferSize is reached (websocket)': 'sometimes',
  },
  'socketioxide-v4': { ...upgrade, ...acknowledgement, 'should disallow connection to an unknown namespace': 'always' },
  'socketioxide-v5': { ...upgrade, ...acknowledgement },
  'socketioxide-v5-msgpack': { ...upgrade, ...acknowledgement },
}

// mocha returns the results of a suite for mocha, which reports a case once for each of its errors.
async function mocha (folder, file) {
  const output = join(folder, 'results.json')
  const child = spawn(join(folder, '../node_modules/.bin/mocha'),
    ['--import=tsx', '--exit', '--reporter=json', `--reporter-option=output=${output}`, file],
    { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] })
  await new Promise((done) => child.once('exit', done))
  const { passes, failures, pending } = JSON.parse(readFileSync(output, 'utf8'))
  const failed = new Map(failures.map((t) => [t.fullTitle, { title: t.title, message: t.err.message }]))
  return {
    passed: passes.filter((t) => !failed.has(t.fullTitle)).map((t) => t.title), skipped: pending.length,
    failed: [...failed.values()],
  }
}

// nodeTest returns the results of a suite for Node's test runner.
async function nodeTest (folder, file) {
  process.env.NODE_OPTIONS = `--import=${join(folder, '../node_modules/tsx/dist/loader.mjs')}`
  const results = { passed: [], skipped: 0, failed: [] }
  const isCase = ({ details }) => details.type !== 'suite'
  const stream = run({ files: [join(folder, file)] })
  stream.on('test:pass', (t) => { if (isCase(t)) results.passed.push(t.name) })
  stream.on('test:fail', (t) => { if (isCase(t)) results.failed.push({ title: t.name, message: t.details.error.cause?.message }) })
  stream.resume()
  await new Promise((done) => stream.once('end', done))
  delete process.env.NODE_OPTIONS
  return results
}

// prepare copies a suite into the work folder, next to node_modules.
function prepare (copy, work, name) {
  const { folder, package: replaced } = suites[name]
  const target = join(work, name)
  if (replaced) cpSync(join(work, 'node_modules', replaced), target, { recursive: true })
  cpSync(join(copy, folder), replaced ? join(target, 'test') : target, { recursive: true })
  return target
}

// listening waits until the server accepts connections.
async function listening (port, server) {
  for (;;) {
    if (server.exitCode !== null) throw new Error(`the server for the suite has exited: is port ${port} in use?`)
    const open = await new Promise((done) => {
      const socket = connect(port, '127.0.0.1', () => { socket.destroy(); done(true) })
      socket.once('error', () => setTimeout(done, 50, false))
    })
    if (open) return
  }
}

// runSuite runs a suite against a server of its own.
async function runSuite (copy, work, name) {
  const { server = name, file, port = 3000, cases } = suites[name]
  const folder = prepare(copy, work, name)
  const child = spawn(join(work, 'conformance'), ['-suite', server, '-addr', `127.0.0.1:${port}`], { stdio: 'inherit' })
  try {
    await listening(port, child)
    return await cases(folder, file)
  } finally {
    child.kill()
  }
}

// report prints the results of a suite and returns whether they are as documented.
function report (name, { passed, skipped, failed }) {
  const known = differences[name] ?? {}
  const unlisted = failed.filter((t) => !known[t.title])
  const gone = passed.filter((title) => known[title] === 'always')
  console.log(`${name}: ${passed.length + failed.length} cases, ${passed.length} passed, ${failed.length} failed, ${skipped} skipped by the suite`)
  for (const { title, message = '' } of failed) {
    console.log(`  ${known[title] ? 'difference' : 'FAILED'}: ${title}: ${message.replace(/\s+/g, ' ').slice(0, 300)}`)
  }
  for (const title of gone) console.log(`  PASSED, but listed as a difference: ${title}`)
  return unlisted.length + gone.length === 0
}

async function main (folder, ...wanted) {
  const copy = folder && resolve(folder)
  const names = Object.keys(suites).filter((name) => copy && existsSync(join(copy, suites[name].folder)))
  if (names.length === 0 || wanted.some((name) => !names.includes(name))) {
    console.error(`usage: run-suites.js COPY [SUITE…]; the suites are ${(names.length ? names : Object.keys(suites)).join(', ')}`)
    return 2
  }
  const work = mkdtempSync(join(tmpdir(), 'suites-'))
  try {
    const quiet = { stdio: ['ignore', 'ignore', 'inherit'] }
    execFileSync('go', ['build', '-race', '-tags', 'nomsgpack', '-o', join(work, 'conformance'), './test/conformance'], { cwd: root, ...quiet })
    writeFileSync(join(work, 'package.json'), '{"private":true}')
    execFileSync('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', ...packages], { cwd: work, ...quiet })
    let asDocumented = true
    for (const name of wanted.length ? wanted : names) {
      asDocumented = report(name, await runSuite(copy, work, name)) && asDocumented
    }
    return asDocumented ? 0 : 1
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

process.exitCode = await main(...process.argv.slice(2))
