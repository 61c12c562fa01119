import type { Mounted, PageElement, PageNode } from './element.js'

const svgNamespace = 'http://www.w3.org/2000/svg'

/**
 * Makes what is in `root` like what a view wants, with as little change as it takes: what a person has focused, selected, opened or typed stays
 * as it is.
 */
export function createPainter(root: Element): (nodes: readonly PageNode[]) => void {
  /** What an element was last made like. */
  const painted = new WeakMap<Node, PageElement>()

  function paintChildren(parent: Element, wanted: readonly PageNode[], arrivals: Arrival[]): void {
    const reusable = groupByIdentity(parent.childNodes)
    const kept = wanted.map((node) => reusable.get(identityWanted(node))?.shift())
    for (const surplus of [...reusable.values()].flat()) surplus.remove()
    let place = parent.firstChild
    for (const [index, node] of wanted.entries()) {
      const present = paintNode(kept[index] ?? create(node, parent), node, arrivals)
      if (present === place) place = place.nextSibling
      else parent.insertBefore(present, place)
    }
  }

  function paintNode(present: ChildNode, wanted: PageNode, arrivals: Arrival[]): ChildNode {
    if (typeof wanted === 'string') {
      if (present.textContent !== wanted) present.textContent = wanted
    } else if (present instanceof Element) {
      const before = painted.get(present)
      dress(present, before, wanted)
      painted.set(present, wanted)
      paintChildren(present, wanted.children, arrivals)
      if (!before && wanted.mounted) arrivals.push([wanted.mounted, present])
    }
    return present
  }

  function groupByIdentity(present: Iterable<ChildNode>): Map<string, ChildNode[]> {
    const groups = new Map<string, ChildNode[]>()
    for (const child of present) groups.set(identityOf(child), [...(groups.get(identityOf(child)) ?? []), child])
    return groups
  }

  function identityOf(present: Node): string {
    const element = painted.get(present)
    return element ? identityWanted(element) : present.nodeName
  }

  return (nodes) => {
    const arrivals: Arrival[] = []
    paintChildren(root, nodes, arrivals)
    for (const [mounted, present] of arrivals) mounted(present)
  }
}

type Arrival = readonly [mounted: Mounted, element: Element]

function identityWanted(node: PageNode): string {
  return typeof node === 'string' ? '#text' : `${node.tag} ${node.key}`
}

function create(node: PageNode, parent: Element): ChildNode {
  if (typeof node === 'string') return document.createTextNode(node)
  const isSvg = node.tag === 'svg' || parent.namespaceURI === svgNamespace
  return isSvg ? document.createElementNS(svgNamespace, node.tag) : document.createElement(node.tag)
}

/** Only what a view has changed its mind about: an attribute that a person changed, as by opening a `details`, is theirs. */
function dress(present: Element, before: PageElement | undefined, wanted: PageElement): void {
  for (const [name, value] of wanted.attributes) {
    if (before?.attributes.get(name) !== value) setAttribute(present, name, value)
  }
  for (const name of before?.attributes.keys() ?? []) {
    if (!wanted.attributes.has(name)) present.removeAttribute(name)
  }
  for (const type of Object.keys({ ...before?.listeners, ...wanted.listeners })) {
    Reflect.set(present, `on${type}`, wanted.listeners[type] ?? null)
  }
}

/** The attribute `value` of a control is what it begins with; what stands in it is its property. */
function setAttribute(present: Element, name: string, value: string): void {
  if (name === 'value' && 'value' in present) Reflect.set(present, name, value)
  else present.setAttribute(name, value)
}
