/**
 * A program that uses a contender, as a process of its own: does over IPC what the benchmark says.
 *
 * In: `{ nowMs, place }` with one of `signIn: tokens`, `open: contender`, `use: { url, requests }`. Out: `{ outcome }` for each.
 */
import { moveTimeTo } from './movable-time.mjs'

const officialIssuer = 'https://auth.openai.com/'
const plainFetch = globalThis.fetch
let issuer
let send

/** Leads a contender whose issuer cannot be chosen to ours, and lets none out of this machine. */
globalThis.fetch = async (input, init) => {
  const url = String(input instanceof Request ? input.url : input).replace(officialIssuer, `${issuer}/`)
  if (new URL(url).hostname !== '127.0.0.1') throw new Error(`This benchmark does not go to ${url}.`)
  return plainFetch(input instanceof Request ? new Request(url, input) : url, init)
}

const orders = {
  signIn: async ({ contender, place }, tokens) => (await load(contender)).signIn(place, tokens),
  open: async ({ contender, place }) => {
    const { open } = await load(contender)
    send = open(place)
  },
  use: async (_, { url, requests }) => {
    const startMs = performance.now()
    const failures = await Promise.all(Array.from({ length: requests }, () => failureOf(url)))
    return { failures: failures.filter((failure) => failure !== undefined), tookMs: performance.now() - startMs }
  },
}

const load = (contender) => import(`./${contender}.mjs`)

/** Why a request gets no answer; `undefined` when it gets one. */
async function failureOf(url) {
  try {
    const response = await send(url)
    await response.arrayBuffer()
    return response.ok ? undefined : `status ${response.status}`
  } catch (error) {
    return error.code ?? error.message
  }
}

async function obey({ nowMs, contender, place, ...order }) {
  moveTimeTo(nowMs)
  issuer = place.issuer
  const [[name, details]] = Object.entries(order)
  return { outcome: await orders[name]({ contender, place }, details) }
}

process.on('message', (message) => void obey(message).then((answer) => process.send(answer)))
process.once('disconnect', () => process.exit())
