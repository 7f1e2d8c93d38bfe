import { number } from 'slipway'
import type { NumberField } from 'slipway'

/** The 30 measurements in the order of the graph, each with the range of the data it was trained on, a tenth wider. */
export const measurements = {
  meanRadius: range(6.3, 31),
  meanTexture: range(8.7, 43.2),
  meanPerimeter: range(39.4, 207),
  meanArea: range(129, 2750),
  meanSmoothness: range(0.047, 0.18),
  meanCompactness: range(0.017, 0.38),
  meanConcavity: range(0, 0.47),
  meanConcavePoints: range(0, 0.22),
  meanSymmetry: range(0.095, 0.33),
  meanFractalDimension: range(0.045, 0.107),
  radiusError: range(0.1, 3.16),
  textureError: range(0.32, 5.4),
  perimeterError: range(0.68, 24.2),
  areaError: range(6.1, 596),
  smoothnessError: range(0.0015, 0.034),
  compactnessError: range(0.002, 0.149),
  concavityError: range(0, 0.436),
  concavePointsError: range(0, 0.058),
  symmetryError: range(0.0071, 0.087),
  fractalDimensionError: range(0.0008, 0.033),
  worstRadius: range(7.1, 39.6),
  worstTexture: range(10.8, 54.5),
  worstPerimeter: range(45.4, 276),
  worstArea: range(167, 4680),
  worstSmoothness: range(0.064, 0.245),
  worstCompactness: range(0.0245, 1.16),
  worstConcavity: range(0, 1.38),
  worstConcavePoints: range(0, 0.32),
  worstSymmetry: range(0.14, 0.73),
  worstFractalDimension: range(0.0495, 0.228),
}

/** A measurement beyond what the model saw is answered all the same, with the finding noted. */
function range(min: number, max: number): NumberField<false> {
  return number({ min, max, onFail: 'warn' })
}
