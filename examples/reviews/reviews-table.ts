import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** One review: where it stands in the data, and what it says. */
export interface Review {
  readonly id: string
  readonly text: string
  /** What people said of it; the model does not see it. */
  readonly label: 'negative' | 'positive'
}

/** The sentences of Sentiment Labelled Sentences (three files `*_labelled.txt`: text, tab, 0 or 1), with ids such as `yelp-17`. */
export function readReviews(folder: string): readonly Review[] {
  const files = readdirSync(folder).filter((name) => name.endsWith('_labelled.txt'))
  return files.toSorted().flatMap((name) => {
    const site = name.split('_')[0]!
    const lines = readFileSync(join(folder, name), 'utf8').split('\n')
    return lines.flatMap((line, i): Review[] => {
      const at = line.lastIndexOf('\t')
      if (at < 0) return []
      return [
        { id: `${site}-${i + 1}`, text: line.slice(0, at).trim(), label: line.slice(at + 1).trim() === '1' ? 'positive' : 'negative' },
      ]
    })
  })
}

/** Writes the table that the nightly batch reads. */
export function writeReviews(folder: string, path: string): number {
  const reviews = readReviews(folder)
  writeFileSync(path, reviews.map((review) => `${JSON.stringify(review)}\n`).join(''))
  return reviews.length
}

// npx tsx examples/reviews/reviews-table.ts path/to/the/three/files
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const rows = writeReviews(process.argv[2] ?? '.', fileURLToPath(new URL('reviews.jsonl', import.meta.url)))
  console.log(`${rows} reviews`)
}
