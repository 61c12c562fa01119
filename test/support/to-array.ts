/** Everything an iteration yields (`Array.fromAsync`, which Node 20 does not have). */
export async function toArray<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const list: Item[] = []
  for await (const item of items) list.push(item)
  return list
}
