/** Ages by colour, the youngest first: distinguishable for the colour-blind, on light and on dark maps. */
export const ageSteps = [
  { below: 10, colour: '#1fa187', label: 'under 10 s' },
  { below: 60, colour: '#5ec962', label: 'under 1 min' },
  { below: 600, colour: '#e8c020', label: 'under 10 min' },
  { below: 3600, colour: '#f08c2e', label: 'under 1 h' },
  { below: 86_400, colour: '#d8456b', label: 'under 1 day' },
  { below: Infinity, colour: '#7b2f8e', label: 'older' },
] as const;

/** The colour of an age in seconds. */
export function ageColour(seconds: number): string {
  return ageSteps.find(({ below }) => seconds < below)?.colour ?? ageSteps[5].colour;
}
