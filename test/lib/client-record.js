// Records which abilities of a client a test has shown, for the table in the README: a line
// of tmp/clients.jsonl for each fact. A test calls record last, after all assertions.
import { appendFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'

export const recorded = join(import.meta.dirname, '../tmp/clients.jsonl')
mkdirSync(join(import.meta.dirname, '../tmp'), { recursive: true })

/**
 * @param {string} client a row of clients-table.js
 * @param {string} version the version in its label
 * @param {...string} facts '<mode>: events' or '<mode>: room' with a transport mode, 'reconnects', 'notice'
 */
export function record(client, version, ...facts) {
  appendFileSync(recorded, facts.map((fact) => JSON.stringify({ client, version, fact }) + '\n').join(''))
}
