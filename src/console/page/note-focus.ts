const focusable = '[tabindex="-1"], a[href], button:not(:disabled), input, select, textarea'

/**
 * Notes where the focus is. What is returned, called after the page was painted anew, looks whether that place has gone, and goes to what is nearest
 * to it: whoever uses the keyboard or a screen reader is not sent back to the beginning because a button has done its work.
 */
export function noteFocus(): () => void {
  const place = document.activeElement
  const around = ancestorsOf(place)
  return () => {
    if (place === null || place === document.body || document.activeElement !== document.body) return
    const [near] = around.filter((element) => element.isConnected).flatMap((element) => findFocusable(element))
    near?.focus({ preventScroll: true })
  }
}

/** From the inside to the outside. */
function ancestorsOf(element: Element | null): Element[] {
  const parent = element?.parentElement
  return parent ? [parent, ...ancestorsOf(parent)] : []
}

function findFocusable(element: Element): HTMLElement[] {
  return [...element.querySelectorAll<HTMLElement>(focusable)].slice(0, 1)
}
