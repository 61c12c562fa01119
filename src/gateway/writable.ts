/** What others only read, for whoever keeps it. */
export type Writable<Kept> = { -readonly [Member in keyof Kept]: Kept[Member] }
