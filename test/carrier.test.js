// The tests of matrix.test.js for old clients that go-socket.io carries. go-socket.io offers no upgrade.
import { clients, matrix, together } from './lib/matrix.js'

const carried = { env: { EIO3_ENGINE: 'go-socket.io' }, upgrades: false }
for (const version of Object.keys(clients).filter((v) => v[0] < '3')) matrix(version, carried)
together(carried)
