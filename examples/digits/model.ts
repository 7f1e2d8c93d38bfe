import { defineModel, integer, number, tensor } from 'slipway'
import { seven, two } from './sample-images.js'

const labels = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'] as const

export default defineModel({
  name: 'digits',
  description: 'Which digit is in this image? A small convolutional net that reads 28x28 grey pixels, white on black.',
  artifact: './digits.onnx',
  input: { image: tensor({ dtype: 'uint8', shape: [28, 28], description: 'Rows of pixels, 0 black to 255 white.' }) },
  output: {
    digit: integer({ dtype: 'uint8', min: 0, max: 9 }),
    confidence: number({ min: 0, max: 1, description: 'Probability of that digit.' }),
    probabilities: tensor({ dtype: 'float32', shape: [10], min: 0, max: 1, sum: 1, labels }),
  },
  // The free dimension of the graph's float32 [rows, 1, 28, 28] is the number of rows.
  preprocess: ({ columns }) => ({ image: Float32Array.from(columns.image.data, (pixel) => pixel / 255) }),
  postprocess: (tensors, { length }) => {
    const probabilities = tensors['probabilities']?.data as Float32Array
    const digit = new Uint8Array(length)
    const confidence = new Float64Array(length)
    for (let row = 0; row < length; row += 1) {
      const ten = probabilities.subarray(row * labels.length, (row + 1) * labels.length)
      confidence[row] = Math.max(...ten)
      digit[row] = ten.indexOf(confidence[row] ?? 0)
    }
    return { digit, confidence, probabilities }
  },
  guard: { deadlineMs: 200 },
  // No fallback: nothing simpler reads handwriting.
  examples: [{ image: two }, { image: seven }],
})
