// The records of what clients sent and received, one per line, and the program that checks
// them. test/ledger documents the format.
import { createHash } from 'node:crypto'
import { execFile, execFileSync, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'
import { closeSync, copyFileSync, existsSync, fsyncSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import assert from 'node:assert/strict'
import { ledgerProgram } from './server.js'

const scratch = mkdtempSync(join(tmpdir(), 'gifchat-ledger-'))
after(() => process.env.KEEP_LEDGERS || rmSync(scratch, { recursive: true, force: true }))

export const digest = (text) => createHash('sha256').update(text).digest('hex').slice(0, 16)

/** The records of a run: one file for each client, and the histories of the rooms. */
export class Ledger {
  folder = mkdtempSync(join(scratch, 'run-'))
  #history = join(this.folder, 'history')
  #open = []

  constructor() { mkdirSync(this.#history) }

  /** Returns a function that writes the records of a client. */
  writer(client) {
    const file = openSync(join(this.folder, `${client}.jsonl`), 'a')
    let lines = ''
    const flush = () => { if (lines) writeSync(file, lines); lines = '' }
    this.#open.push({ file, flush })
    return (op, fields = {}) => {
      lines += `${JSON.stringify({ t: performance.now(), client, op, ...fields })}\n`
      if (lines.length > 1 << 16) flush()
    }
  }

  /** Reads the whole history of a room as one of its members, and stores it for the check. */
  async read(visitor, room) {
    const pages = []
    for (let before = ''; before !== undefined;) {
      const answer = await visitor.get(`/room/${room}/messages?limit=100&before=${before}`)
      assert.equal(answer.status, 200)
      const { messages, more } = await answer.json()
      pages.unshift(messages)
      before = more ? messages[0].seq : undefined
    }
    const all = pages.flat()
    writeFileSync(join(this.#history, `${room}.json`), JSON.stringify(all))
    return all
  }

  /** Checks all records. Returns the counts; throws with the violated invariants. */
  check(server) {
    for (const { file, flush } of this.#open.splice(0)) {
      flush()
      fsyncSync(file)
      closeSync(file)
    }
    const { status, stdout, stderr } = spawnSync(ledgerProgram(), ['check',
      '-db', join(server.dataDir, 'gifchat.db'), '-history', this.#history, this.folder],
    { encoding: 'utf8', maxBuffer: 1 << 26 })
    assert.equal(status, 0, `${stdout}${stderr}`)
    return stdout.split('\n')[0]
  }
}

/** Fails if the database is damaged. It checks a copy, because opening a database can repair it. */
export function assertIntegrity(server) {
  const copy = mkdtempSync(join(scratch, 'copy-'))
  for (const suffix of ['', '-wal']) {
    const from = join(server.dataDir, `gifchat.db${suffix}`)
    if (existsSync(from)) copyFileSync(from, join(copy, `gifchat.db${suffix}`))
  }
  execFileSync(ledgerProgram(), ['integrity', join(copy, 'gifchat.db')])
  rmSync(copy, { recursive: true })
}

/** Inserts messages into a room of a database, whether a server has it open or not. The ledger records them as sent. */
export async function insertMessages(server, room, messages, { name = 'filled', ledger } = {}) {
  const note = ledger?.writer(name)
  for (let i = 1; note && i <= messages; i++) note('send', { room, cid: `${name} ${i}`, sha: digest(`${name} ${i}`) })
  await promisify(execFile)(ledgerProgram(), ['fill', '-db', join(server.dataDir, 'gifchat.db'),
    '-room', room, '-messages', String(messages), '-name', name])
}

/** Changes the time of a room's newest message. */
export function shiftNewestMessage(server, room, by) {
  execFileSync(ledgerProgram(), ['shift', '-db', join(server.dataDir, 'gifchat.db'), '-room', room, '-by', by])
}
