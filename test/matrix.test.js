// Stock clients of every major version with each transport mode.
import { clients, testVersion, testVersionsTogether } from './lib/matrix.js'

for (const version of Object.keys(clients)) testVersion(version)
testVersionsTogether()
