import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { acceptedBody, createBackendUnderTest } from './backend-under-test.js'

const plain = new TextEncoder().encode(JSON.stringify(acceptedBody))

/** A zstd frame of one raw block (RFC 8878 3.1.1): compressed in name, readable by every decoder. */
function zstdFrame(content: Uint8Array): Uint8Array {
  const singleSegmentWithFourByteSize = 0b1010_0000
  const frame = Buffer.alloc(4 + 1 + 4 + 3)
  frame.writeUInt32LE(0xfd2fb528, 0)
  frame.writeUInt8(singleSegmentWithFourByteSize, 4)
  frame.writeUInt32LE(content.length, 5)
  const lastRawBlock = (content.length << 3) | 1
  frame.writeUIntLE(lastRawBlock, 9, 3)
  return Buffer.concat([frame, content])
}

describe('the body of a request', () => {
  it.each([
    ['identity', plain],
    ['gzip', gzipSync(plain)],
    ['zstd', zstdFrame(plain)],
    ['ZSTD', zstdFrame(plain)],
  ])('may be encoded as %s', async (encoding, body) => {
    expect((await createBackendUnderTest().post(body, { 'content-encoding': encoding })).status).toBe(200)
  })

  it.each([
    ['says zstd and is not', 'zstd', plain],
    ['says gzip and is not', 'gzip', plain],
    ['is cut short', 'zstd', zstdFrame(plain).subarray(0, 40)],
    ['is not JSON', 'identity', Buffer.from('{')],
    ['is not an object', 'identity', Buffer.from('[]')],
    ['is not UTF-8', 'identity', Buffer.from([0x22, 0xff, 0x22])],
  ])('is refused with 400 when it %s', async (_, encoding, body) => {
    const response = await createBackendUnderTest().post(body, { 'content-encoding': encoding })
    expect({ status: response.status, body: await response.json() }).toEqual({
      status: 400,
      body: { detail: 'The request body could not be decoded' },
    })
  })

  it.each(['br', 'constructor'])('is refused with 400 when its encoding is %s, which is unknown', async (encoding) => {
    const response = await createBackendUnderTest().post(plain, { 'content-encoding': encoding })
    expect({ status: response.status, body: await response.json() }).toEqual({
      status: 400,
      body: { detail: 'Unsupported content encoding' },
    })
  })
})
