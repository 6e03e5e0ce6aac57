// Stock clients of every major version, each in each of its ways.
import { clients, matrix, together } from './lib/matrix.js'

for (const version of Object.keys(clients)) matrix(version)
together()
