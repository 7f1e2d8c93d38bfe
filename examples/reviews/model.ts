import { category, defineModel, number, text } from 'slipway'
import { maxIds, tokenIds, wordsOf } from './tokens.js'

const praise = new Set([
  'amazing',
  'awesome',
  'best',
  'delicious',
  'excellent',
  'good',
  'great',
  'love',
  'loved',
  'nice',
  'perfect',
  'recommend',
])
const complaint = new Set([
  'awful',
  'bad',
  'broken',
  'disappointed',
  'horrible',
  'poor',
  'rude',
  'slow',
  'terrible',
  'waste',
  'worst',
  'wrong',
])

export default defineModel({
  name: 'reviews',
  description: 'Is a sentence of a customer positive? Logistic regression on hashed words and pairs of words.',
  artifact: './reviews.onnx',
  input: { text: text({ minLength: 1, maxLength: 10_000, description: 'A sentence in English.' }) },
  output: {
    probability: number({ min: 0, max: 1, description: 'That the sentence is positive.' }),
    sentiment: category(['negative', 'positive']),
  },
  preprocess: ({ length, columns }) => {
    const ids = new Int32Array(length * maxIds)
    for (let row = 0; row < length; row += 1) ids.set(tokenIds(columns.text.data[row] ?? ''), row * maxIds)
    return { ids }
  },
  postprocess: (tensors) => {
    const probability = Array.from(tensors['probability']?.data as Float32Array)
    return { probability, sentiment: probability.map(sentimentOf) }
  },
  guard: { deadlineMs: 100 },
  fallback: {
    name: 'word-list',
    answer: (row) => {
      let balance = 0
      for (const word of wordsOf(row.text)) balance += Number(praise.has(word)) - Number(complaint.has(word))
      const probability = 1 / (1 + Math.exp(-balance))
      return { probability, sentiment: sentimentOf(probability) }
    },
  },
  // Scored every night; `id` is the key of the table, which the model does not see. Two hours of grace for a night that ran late.
  stored: { key: 'id', maxAgeMs: 26 * 3_600_000, onStale: 'serve', onMissing: 'reject' },
  examples: [
    { text: 'Great phone, the battery lasts for days and I love the screen!' },
    { text: 'The food was cold and the waiter was rude.' },
    { text: 'Not good at all, I want my money back.' },
  ],
})

function sentimentOf(probability: number): 'negative' | 'positive' {
  return probability >= 0.5 ? 'positive' : 'negative'
}
