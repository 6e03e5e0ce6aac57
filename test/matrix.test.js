// Stock clients of every major version with each transport mode.
import { clients, matrix, together } from './lib/matrix.js'

for (const version of Object.keys(clients)) matrix(version)
together()
