// What the drivers on Node share (README.md): one request per line in, one view per line out,
// several under way at once.
import readline from 'node:readline';

console.log = console.error; // stdout is for views

/** Calls `ask(request, view)` for each request; it fills the view, and throws what users catch. */
export function serve(ask) {
  readline.createInterface({input: process.stdin}).on('line', async (line) => {
    const {id, ...request} = JSON.parse(line);
    const view = {choices: []};
    try {
      await ask(request, view);
    } catch (problem) {
      view.error = error(problem);
    }
    process.stdout.write(JSON.stringify({id, view}) + '\n');
  });
}

/** What a user sees of an error; an error may also be a bare text or the upstream's own object. */
export function error(problem) {
  if (typeof problem !== 'object' || problem === null) return {message: String(problem)};
  const {code, status, statusCode} = problem;
  return {message: String(problem.message ?? JSON.stringify(problem)), code: code ?? null,
          status: status ?? statusCode ?? null};
}
