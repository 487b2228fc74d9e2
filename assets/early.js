// Runs before the first paint: no flash of the greeting for those who have results already.
try {
  if (localStorage.getItem("larun-returning") === "yes") document.documentElement.classList.add("returning");
} catch (error) {
  // storage is switched off in this browser: then the greeting shows for a moment
}
