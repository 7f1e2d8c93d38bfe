import { category, defineModel, number } from 'slipway'
import { measurements } from './measurements.js'

const names = Object.keys(measurements) as (keyof typeof measurements)[]

export default defineModel({
  name: 'breast-cancer',
  description: 'Malignant or benign, from 30 measurements of cell nuclei. Shows how a model is served; it is not a medical device.',
  artifact: './breast-cancer.onnx',
  input: measurements,
  output: {
    diagnosis: category(['benign', 'malignant']),
    malignant: number({ min: 0, max: 1, description: 'Probability.' }),
  },
  preprocess: ({ length, columns }) => {
    const matrix = new Float32Array(length * names.length)
    for (const [column, name] of names.entries()) {
      const { data } = columns[name]
      for (let row = 0; row < length; row += 1) matrix[row * names.length + column] = data[row] ?? Number.NaN
    }
    return { features: matrix }
  },
  // The labels in the order of the graph are benign, malignant; slipway made one float32 [rows, 2] of the ZipMap's maps.
  postprocess: (tensors, { length }) => {
    const diagnosis = tensors['output_label']?.data as string[]
    const probabilities = tensors['output_probability']?.data as Float32Array
    return {
      diagnosis,
      malignant: Array.from({ length }, (_, row) => probabilities[2 * row + 1] ?? Number.NaN),
    }
  },
  // No fallback: a diagnosis that the model did not make must not look like one.
  guard: {
    cross: {
      'worst-below-mean': (row) =>
        row.worstRadius >= row.meanRadius || `worstRadius ${row.worstRadius} is below meanRadius ${row.meanRadius}`,
    },
  },
  examples: [
    {
      meanRadius: 12.77,
      meanTexture: 21.41,
      meanPerimeter: 82.02,
      meanArea: 507.4,
      meanSmoothness: 0.08749,
      meanCompactness: 0.06601,
      meanConcavity: 0.03112,
      meanConcavePoints: 0.02864,
      meanSymmetry: 0.1694,
      meanFractalDimension: 0.06287,
      radiusError: 0.7311,
      textureError: 1.748,
      perimeterError: 5.118,
      areaError: 53.65,
      smoothnessError: 0.004571,
      compactnessError: 0.0179,
      concavityError: 0.02176,
      concavePointsError: 0.01757,
      symmetryError: 0.03373,
      fractalDimensionError: 0.005875,
      worstRadius: 13.75,
      worstTexture: 23.5,
      worstPerimeter: 89.04,
      worstArea: 579.5,
      worstSmoothness: 0.09388,
      worstCompactness: 0.08978,
      worstConcavity: 0.05186,
      worstConcavePoints: 0.04773,
      worstSymmetry: 0.2179,
      worstFractalDimension: 0.06871,
    },
    {
      meanRadius: 23.29,
      meanTexture: 26.67,
      meanPerimeter: 158.9,
      meanArea: 1685.0,
      meanSmoothness: 0.1141,
      meanCompactness: 0.2084,
      meanConcavity: 0.3523,
      meanConcavePoints: 0.162,
      meanSymmetry: 0.22,
      meanFractalDimension: 0.06229,
      radiusError: 0.5539,
      textureError: 1.56,
      perimeterError: 4.667,
      areaError: 83.16,
      smoothnessError: 0.009327,
      compactnessError: 0.05121,
      concavityError: 0.08958,
      concavePointsError: 0.02465,
      symmetryError: 0.02175,
      fractalDimensionError: 0.005195,
      worstRadius: 25.12,
      worstTexture: 32.68,
      worstPerimeter: 177.0,
      worstArea: 1986.0,
      worstSmoothness: 0.1536,
      worstCompactness: 0.4167,
      worstConcavity: 0.7892,
      worstConcavePoints: 0.2733,
      worstSymmetry: 0.3198,
      worstFractalDimension: 0.08762,
    },
  ],
})
