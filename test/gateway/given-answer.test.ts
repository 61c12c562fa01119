import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { writeAnswer } from '../../src/gateway/given-answer.js'
import { ByteOutlet } from '../../src/network/index.js'

const piece = (text: string) => new TextEncoder().encode(text)

/** What a client gets of an answer, some of which is there before it is written, and the rest once the client has the head. */
async function written(begin: (outlet: ByteOutlet) => void, goOn: (outlet: ByteOutlet) => void = () => undefined) {
  const outlet = new ByteOutlet()
  const server = createServer((_incoming, outgoing) => {
    begin(outlet)
    const body = { start: (receiver: Parameters<ByteOutlet['start']>[0]) => outlet.start(receiver), ...noBrakes }
    writeAnswer({ headers: { 'content-type': 'text/event-stream' }, body }, outgoing)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  try {
    const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
    goOn(outlet)
    return { length: answer.headers.get('content-length'), text: await answer.text() }
  } finally {
    server.close()
  }
}

const noBrakes = { pause: () => undefined, resume: () => undefined, cancel: () => undefined }

describe('an answer that is written', () => {
  it('tells its length when it is there as a whole', async () => {
    const whole = await written((outlet) => {
      outlet.bytes(piece('one '))
      outlet.bytes(piece('two'))
      outlet.end()
    })
    expect(whole).toEqual({ length: '7', text: 'one two' })
  })

  it('begins with what is there, and goes on as more comes', async () => {
    const streamed = await written(
      (outlet) => outlet.bytes(piece('one ')),
      (outlet) => {
        outlet.bytes(piece('two'))
        outlet.end()
      },
    )
    expect(streamed).toEqual({ length: null, text: 'one two' })
  })

  it('is no answer when it has failed before anything of it was written', async () => {
    const failed = written((outlet) => {
      outlet.bytes(piece('one '))
      outlet.fail(new Error('It broke off.'))
    })
    await expect(failed).rejects.toThrow('fetch failed')
  })
})
