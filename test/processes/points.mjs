/**
 * Preloaded into a worker (`node --import`): counts what it asks of the file system and of the network, says each step on stdout, and sends
 * itself `POINT_SIGNAL` right before the step that `POINT_STEP` numbers or names.
 */
import { writeSync } from 'node:fs'
import fileSystem from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'

const fatalStep = process.env.POINT_STEP
let number = 0
let isWatching = false

/** From now on: what it takes to load the program is not counted. */
globalThis.watchPoints = () => {
  isWatching = true
}

globalThis.reachPoint = (step) => {
  if (!isWatching) return
  number += 1
  writeSync(1, `${step}\n`)
  if (step === fatalStep || String(number) === fatalStep) process.kill(process.pid, process.env.POINT_SIGNAL)
}

/** The same step has the same name in each run. */
const nameOf = (path) =>
  basename(String(path))
    .replace(/-[\da-f]{8}-[\da-f-]{27}$/, '-…')
    .replace(/^planpass-test-.*/, 'the folder')

/** What the kernel says of itself, modules that are loaded when needed, and heartbeats, which come at any time, are no steps of a refresh. */
const isStep = (path) => !/^\/proc\/|\.js$|\.planpass-lease\./.test(String(path))

const names = new WeakMap()
const probe = await fileSystem.open(fileURLToPath(import.meta.url))
const handleMethods = Object.getPrototypeOf(probe)
await probe.close()

const open = fileSystem.open
fileSystem.open = async (path, ...rest) => {
  if (!isStep(path)) return open(path, ...rest)
  globalThis.reachPoint(`open ${nameOf(path)}`)
  const handle = await open(path, ...rest)
  names.set(handle, nameOf(path))
  return handle
}

for (const method of ['mkdir', 'readFile', 'readdir', 'realpath', 'rename', 'stat', 'unlink']) {
  const original = fileSystem[method]
  fileSystem[method] = async (path, ...rest) => {
    if (isStep(path)) globalThis.reachPoint(`${method} ${nameOf(path)}`)
    return original(path, ...rest)
  }
}

for (const method of ['chmod', 'close', 'datasync', 'readFile', 'stat', 'sync', 'truncate', 'write']) {
  const original = handleMethods[method]
  handleMethods[method] = function (...rest) {
    if (names.has(this)) globalThis.reachPoint(`${method} ${names.get(this)}`)
    return original.apply(this, rest)
  }
}

syncBuiltinESMExports()
