/** The token of an `Authorization` header (RFC 6750, section 2.1); null when there is none or the scheme is another. */
export function bearerToken(header: string | undefined): string | null {
  const match = header === undefined ? null : /^bearer +([^\s]+) *$/i.exec(header)
  return match?.[1] ?? null
}
