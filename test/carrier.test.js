// The tests of matrix.test.js for old clients that go-socket.io carries. go-socket.io offers no upgrade.
import { clients, testVersion, testVersionsTogether } from './lib/matrix.js'

const carried = { env: { EIO3_ENGINE: 'go-socket.io' }, upgrades: false }
for (const version of Object.keys(clients).filter((v) => v[0] < '3')) testVersion(version, carried)
testVersionsTogether(carried)
