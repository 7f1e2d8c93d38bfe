// Writes docs/reference/errors.md from the error table: `npx tsx scripts/errors-doc.ts`.
import { writeFileSync } from 'node:fs'
import { errorTable } from '../src/core/errors.js'

/** The page as it should stand. */
export function errorsPage(): string {
  const rows = Object.entries(errorTable).map(
    ([code, spec]) => `| \`${code}\` | ${spec.http} | ${spec.grpc} | ${spec.exit} | ${spec.help} |`,
  )
  return `# Errors

Every surface answers with these codes and no others: HTTP by the status (in the error shape of the protocol spoken), gRPC by the status
code, the command line by the exit code (0 is success). Made from \`src/core/errors.ts\`; do not edit by hand.

| Code | HTTP | gRPC | Exit | What it means and how to resolve it |
|---|---|---|---|---|
${rows.join('\n')}
`
}

if ((process.argv[1] ?? '').endsWith('errors-doc.ts')) writeFileSync(new URL('../docs/reference/errors.md', import.meta.url), errorsPage())
