/** An element as it should be. Views make these out of the state, and `paint` makes the page like them. */
export interface PageElement {
  readonly tag: string
  readonly key: string
  readonly attributes: ReadonlyMap<string, string>
  readonly listeners: Listeners
  readonly mounted: Mounted | undefined
  readonly children: readonly PageNode[]
}

/** Text is text: nothing that came from anywhere is ever read as HTML. */
export type PageNode = PageElement | string

/** What may be written where a child goes; whatever is not there is left out. */
export type Child = PageNode | number | false | null | undefined | readonly Child[]

export type Listeners = Readonly<Record<string, (event: Event) => void>>

/** What happens once the element is in the page. */
export type Mounted = (element: Element) => void

/** The attributes of an element; `true` is an attribute without a value, `false` and `undefined` are none. */
export interface Properties {
  /** Tells siblings apart that come, go and change places. */
  readonly key?: string
  readonly on?: Listeners
  readonly mounted?: Mounted
  readonly [attribute: string]: string | number | boolean | undefined | Listeners | Mounted
}

export function element(tag: string, properties: Properties = {}, ...children: readonly Child[]): PageElement {
  const { key = '', on = {}, mounted, ...attributes } = properties
  return { tag, key, listeners: on, mounted, attributes: toAttributes(attributes), children: toNodes(children) }
}

function toAttributes(properties: Readonly<Record<string, unknown>>): ReadonlyMap<string, string> {
  const attributes = new Map<string, string>()
  for (const [name, value] of Object.entries(properties)) {
    if (value === true) attributes.set(name, '')
    else if (typeof value === 'string' || typeof value === 'number') attributes.set(name, String(value))
  }
  return attributes
}

function toNodes(children: readonly Child[]): PageNode[] {
  return children.flatMap((child): PageNode[] => {
    if (child === undefined || child === null || child === false || child === '') return []
    if (typeof child === 'string') return [child]
    if (typeof child === 'number') return [String(child)]
    return 'tag' in child ? [child] : toNodes(child)
  })
}

/** All that can be read in it, for those who read without a browser. */
export function textOf(node: PageNode): string {
  return typeof node === 'string' ? node : node.children.map(textOf).join(' ')
}
