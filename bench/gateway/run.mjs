// What the gateway costs beside a bare pass-through and beside a peer's server, in one run: npm run bench:gateway, or
// node bench/gateway/run.mjs [--json] [--rounds 8] [--streams 1000]. The load, the upstream and each server are processes of their own.
import { existsSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { formatTable } from '../format-table.mjs'
import { spreadOf } from '../measure.mjs'
import { holdStreams, putLoad } from './load.mjs'
import { start } from './processes.mjs'

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '8' },
    streams: { type: 'string', default: '1000' },
  },
})
const rounds = Number(values.rounds)
const mostStreams = Number(values.streams)
const roundMs = 1000
/** The first thousands of requests run code that is not compiled yet, which doubles what each costs. */
const warmUpMs = 6000
const loads = {
  'short answers, requests/s': { kind: 'short', connections: 16, figure: 'requestsPerSecond', bare: 0.8, peer: 2 },
  'long streams, MB/s': { kind: 'long', connections: 4, figure: 'megabytesPerSecond', bare: 0.9 },
  'whole answers, requests/s': { kind: 'short', asks: 'whole', connections: 16, figure: 'requestsPerSecond', peer: 2 },
  'completions, requests/s': {
    kind: 'short',
    asks: 'completion',
    connections: 16,
    figure: 'requestsPerSecond',
    peer: 2,
  },
}
const hasPeer = existsSync(join(import.meta.dirname, '../contenders/node_modules/openai-oauth'))
const translating = ['planpass', ...(hasPeer ? ['openai-oauth'] : [])]
const everybody = ['bare pass-through', 'pass-through by fetch', ...translating]

const upstream = await start('upstream.mjs')
const origin = `http://127.0.0.1:${upstream.port}`
const rows = [...(await compareLoads()), ...(await watchStreams())]
await upstream.stop()
console.log(values.json ? JSON.stringify(rows, undefined, 2) : formatRows())

async function compareLoads() {
  const servers = new Map()
  for (const name of everybody) servers.set(name, await start('server.mjs', [name, origin]))
  const compared = []
  for (const [title, load] of Object.entries(loads)) compared.push(...(await compareLoad(servers, title, load)))
  for (const server of servers.values()) await server.stop()
  return compared
}

/** Everybody in turn in each round, so that a slow moment of the machine hits all of them; a ratio is taken within a round. */
async function compareLoad(servers, title, { kind, asks, connections, figure, ...aims }) {
  // What only passes bytes on has neither whole answers nor completions.
  const names = asks ? translating : everybody
  const samples = Object.fromEntries(names.map((name) => [name, []]))
  const latencies = Object.fromEntries(names.map((name) => [name, []]))
  for (let round = -1; round < rounds; round += 1) {
    for (const name of names.toSorted(() => Math.random() - 0.5)) {
      const forMs = round < 0 ? warmUpMs : roundMs
      const measured = await putLoad(servers.get(name), { kind, asks, connections, forMs })
      if (round < 0) continue
      samples[name].push(measured[figure])
      latencies[name].push(...measured.latenciesMs)
    }
  }
  return names.map((name) => {
    const { median: p50, p99 } = spreadOf(latencies[name])
    return {
      title,
      name,
      figure: spreadOf(samples[name]).median,
      p50Ms: p50,
      p99Ms: p99,
      ...ratios(samples, name, aims),
    }
  })
}

function ratios(samples, name, aims) {
  if (name !== 'planpass') return {}
  const others = Object.keys(samples).filter((other) => other !== name)
  const aimOf = { 'bare pass-through': aims.bare, 'openai-oauth': aims.peer }
  const against = (other) => spreadOf(samples.planpass.map((value, round) => value / samples[other][round])).median
  const toRatio = (other, aim) => ({
    against: other,
    ratio: against(other),
    ...(aim && { aim, met: against(other) >= aim }),
  })
  return { ratios: others.map((other) => toRatio(other, aimOf[other])) }
}

/** More and more streams at once: what the process has grown by, and what each stream cost it. */
async function watchStreams() {
  const server = await start('server.mjs', ['planpass', origin])
  await holdStreams(server, 100)
  const watched = []
  for (const streams of [mostStreams / 4, mostStreams / 2, mostStreams, mostStreams, mostStreams]) {
    const before = await server.use()
    let highest = 0
    const look = setInterval(() => {
      void server.use().then(({ rssBytes }) => (highest = Math.max(highest, rssBytes)))
    }, 500)
    await holdStreams(server, streams)
    clearInterval(look)
    const after = await server.use()
    const cpuMsEach = (after.cpuMs - before.cpuMs) / streams
    watched.push({ title: 'streams at once', name: `planpass, ${streams}`, highestMegabytes: highest / 1e6, cpuMsEach })
  }
  await server.stop()
  return watched
}

function formatRows() {
  const conditions = `Node ${process.version}, ${process.platform}-${process.arch}, ${cpus().length} cores, medians of ${rounds} rounds, load average ${loadavg()[0].toFixed(1)} at the end`
  const headings = ['', 'server', 'measured', 'p50', 'p99', 'planpass against it', 'aim']
  const table = rows.filter(({ p50Ms }) => p50Ms !== undefined).map((row) => toCells(row))
  const streams = rows.filter(({ cpuMsEach }) => cpuMsEach !== undefined)
  const lines = streams.map(({ name, highestMegabytes, cpuMsEach }) => [
    name,
    `${highestMegabytes.toFixed(0)} MB`,
    `${cpuMsEach.toFixed(2)} ms of processor time each`,
  ])
  const missing = hasPeer ? [] : ['', 'openai-oauth is not installed; `npm run bench:peers` does that.']
  const memory = formatTable([['streams at once', 'most memory', 'cost'], ...lines])
  return [conditions, '', formatTable([headings, ...table]), '', memory, ...missing].join('\n')
}

function toCells({ title, name, figure, p50Ms, p99Ms }) {
  const own = rows.find((row) => row.title === title && row.name === 'planpass')
  const found = own.ratios.find(({ against }) => against === name)
  const ratio = found ? found.ratio.toFixed(2) : ''
  const aim = found?.aim ? `>= ${found.aim}: ${found.met ? 'met' : 'missed'}` : ''
  return [title, name, figure.toFixed(1), `${p50Ms.toFixed(2)} ms`, `${p99Ms.toFixed(2)} ms`, ratio, aim]
}
