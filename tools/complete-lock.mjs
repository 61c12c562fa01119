// Run after `npm install` where the registry does not serve every platform's binaries: npm then leaves those optional packages out of the
// lock file, and `npm ci` refuses the lock as incomplete, everywhere. This names them again, so that a clone installs on any platform.
import { readFile, writeFile } from 'node:fs/promises'

const lockFile = new URL('../package-lock.json', import.meta.url)
const lock = JSON.parse(await readFile(lockFile, 'utf8'))
const { packages } = lock

const systems = /\b(aix|android|darwin|freebsd|linux|netbsd|openbsd|openharmony|sunos|win32)\b/
const processors = /-(arm64|arm|ia32|loong64|ppc64|riscv64|s390x|wasm32|x64)\b/

/** What npm itself would have written, read off the package's name: binding-linux-x64-musl. */
function toEntry(name, version, parent) {
  const system = systems.exec(name)?.[1]
  const processor = processors.exec(name)?.[1]
  if (!system || !processor) throw new Error(`${name} does not say which platform it is for.`)
  const library = /-(gnu|musl)(eabihf)?$/.exec(name)?.[1]
  return {
    version,
    cpu: [processor],
    ...(parent.dev && { dev: true }),
    ...(system === 'linux' && library && { libc: [library === 'gnu' ? 'glibc' : 'musl'] }),
    optional: true,
    os: [system],
    ...(parent.engines && { engines: parent.engines }),
  }
}

let added = 0
for (const [path, parent] of Object.entries(packages)) {
  for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
    if (packages[`node_modules/${name}`] || packages[`${path}/node_modules/${name}`]) continue
    packages[`node_modules/${name}`] = toEntry(name, version, parent)
    added += 1
  }
}

lock.packages = Object.fromEntries(Object.entries(packages).toSorted(([one], [other]) => (one < other ? -1 : 1)))
await writeFile(lockFile, `${JSON.stringify(lock, undefined, 2)}\n`)
console.log(`${added} entries added`)
