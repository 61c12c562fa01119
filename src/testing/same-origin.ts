/** True when a browser sent the form from another site's page; clients that are no browsers send no `Origin`. */
export function isForeignForm(request: Request): boolean {
  const origin = request.headers.get('origin')
  return origin !== null && origin !== new URL(request.url).origin
}
