/** Start the same analysis with something changed, and go to the page of the new run. Throws with a sentence. */
export async function rerun(runUrl, changes) {
  const response = await fetch(`${runUrl}/rerun`, {
    method: "POST",
    credentials: "same-origin",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(changes),
  });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.error || `The server answered ${response.status}.`);
  window.location.assign(answer.page);
}
