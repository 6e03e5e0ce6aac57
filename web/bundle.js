// Copies the official client from node_modules to public/vendor. Each file is also
// compressed at the highest level, so that the server does not compress it.
// A complete copy of the same version is kept.
import { readFileSync, writeFileSync, mkdirSync, rmSync, existsSync, copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync, constants } from 'node:zlib'

const source = join(import.meta.dirname, 'node_modules/socket.io-client')
const target = join(import.meta.dirname, '../public/vendor')
const scripts = ['socket.io.js', 'socket.io.min.js', 'socket.io.esm.min.js', 'socket.io.msgpack.min.js']
const files = scripts.flatMap((name) => [name, `${name}.map`])

const { version } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'))
const stamp = join(target, 'VERSION')
const complete = files.every((name) => ['', '.gz', '.br'].every((end) => existsSync(join(target, name + end))))
if (complete && existsSync(stamp) && readFileSync(stamp, 'utf8').trim() === version) {
  console.log(`public/vendor: socket.io-client ${version} is up to date`)
  process.exit(0)
}

mkdirSync(target, { recursive: true })
rmSync(stamp, { force: true }) // written last: an interrupted copy has no stamp
for (const name of files) {
  const bytes = readFileSync(join(source, 'dist', name))
  writeFileSync(join(target, name), bytes)
  writeFileSync(join(target, `${name}.gz`), gzipSync(bytes, { level: 9 }))
  writeFileSync(join(target, `${name}.br`), brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  }))
}
copyFileSync(join(source, 'LICENSE'), join(target, 'LICENSE'))
writeFileSync(stamp, `${version}\n`)
console.log(`public/vendor: socket.io-client ${version} copied`)
