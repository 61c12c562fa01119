// Answers as the backend sends them, as long as wanted, made as they are read: none is ever held as a whole.
const encoder = new TextEncoder()
const words = 'The quick brown fox jumps over the lazy dog while the model goes on about it '.split(' ')
const frame = (event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`
const response = (members) => ({
  id: 'resp_1',
  object: 'response',
  created_at: 1,
  model: 'gpt-5.5',
  output: [],
  ...members,
})
const part = { type: 'output_text', annotations: [], logprobs: [], text: '' }
const usage = {
  input_tokens: 9,
  input_tokens_details: null,
  output_tokens: 9,
  output_tokens_details: null,
  total_tokens: 18,
}

function* eventsOf(deltas) {
  let sequence = 0
  const numbered = (event) => frame({ ...event, sequence_number: sequence++ })
  const item = { id: 'msg_1', type: 'message', role: 'assistant', status: 'in_progress', content: [] }
  const place = { item_id: item.id, output_index: 0, content_index: 0 }
  yield numbered({ type: 'response.created', response: response({ status: 'in_progress' }) })
  yield numbered({ type: 'response.output_item.added', output_index: 0, item })
  yield numbered({ type: 'response.content_part.added', ...place, part })
  for (let sent = 0; sent < deltas; sent += 1) {
    const delta = `${words[sent % words.length]} `
    yield numbered({ type: 'response.output_text.delta', ...place, delta, logprobs: [], obfuscation: 'a1B2c3D4e5' })
  }
  const text = 'The text of the whole is not repeated here, so that a long stream stays a long stream.'
  const done = { ...item, status: 'completed', content: [{ ...part, text }] }
  yield numbered({ type: 'response.output_item.done', output_index: 0, item: done })
  yield numbered({ type: 'response.completed', response: response({ status: 'completed', usage }) })
}

/** An answer of so many deltas in chunks of about `chunkBytes`, each made when it is asked for. */
export function* answerChunks(deltas, chunkBytes = 16 * 1024) {
  let text = ''
  for (const event of eventsOf(deltas)) {
    text += event
    if (text.length < chunkBytes) continue
    yield encoder.encode(text)
    text = ''
  }
  yield encoder.encode(text)
}

/** One event of so many bytes, in chunks of `chunkBytes`. */
export function* bigEventChunks(bytes, chunkBytes) {
  yield encoder.encode('data: {"type":"response.completed","response":{"x":"')
  const filler = encoder.encode('x'.repeat(chunkBytes))
  for (let sent = 0; sent < bytes; sent += chunkBytes) yield filler
  yield encoder.encode('"}}\n\n')
}

/** The chunks as a body that gives one each time it is asked, and holds none ahead. */
export function bodyOf(chunks) {
  const remaining = chunks[Symbol.iterator]()
  const pull = (controller) => {
    const next = remaining.next()
    if (next.done) controller.close()
    else controller.enqueue(next.value)
  }
  return new ReadableStream({ pull }, { highWaterMark: 0 })
}
