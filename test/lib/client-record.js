// What a test has shown of a client, for the README's table: each call is one
// line of tmp/clients.jsonl. A test calls it last, when nothing can fail any more.
import { appendFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'

export const recorded = join(import.meta.dirname, '../tmp/clients.jsonl')
mkdirSync(join(import.meta.dirname, '../tmp'), { recursive: true })

/**
 * @param {string} client a row of clients-table.js
 * @param {string} version what its label says
 * @param {...string} facts what has passed: '<way>: talk', '<way>: room', 'reconnects', 'notice'
 */
export function record(client, version, ...facts) {
  appendFileSync(recorded, facts.map((fact) => JSON.stringify({ client, version, fact }) + '\n').join(''))
}
