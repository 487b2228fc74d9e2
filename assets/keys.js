// Keys of the whole product. They act only while no field has the focus, and can be turned off on the help page
// (which keeps its switch in local storage, under STORE).
(function () {
  var STORE = "larun-keys";
  var PLACES = { h: "/", r: "/results", a: "/analyse", l: "/learn" };
  var waitingForPlace = false;

  function off() {
    try {
      return localStorage.getItem(STORE) === "off";
    } catch (error) {
      return false;
    }
  }
  function typing(target) {
    return target && (target.isContentEditable || /^(input|textarea|select)$/i.test(target.tagName));
  }
  function shown(element) {
    return element.getClientRects().length > 0;
  }

  document.addEventListener("keydown", function (event) {
    // Enter in a field that commits when it is left
    if (event.key === "Enter" && event.target.matches && event.target.matches("[data-commit=enter]")) {
      event.preventDefault();
      event.target.blur();
      event.target.focus();
      return;
    }
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || off()) return;
    if (event.key === "/") {
      var box = Array.prototype.find.call(document.querySelectorAll("[data-search]"), shown);
      event.preventDefault();
      if (box) {
        box.focus();
        box.select();
      } else {
        location.assign("/analyse");
      }
      return;
    }
    if (event.key === "?" && location.pathname !== "/help") {
      if (event.target.closest && event.target.closest("[data-own-keys]")) return;
      location.assign("/help#keys");
      return;
    }
    if (waitingForPlace) {
      waitingForPlace = false;
      var place = PLACES[event.key.toLowerCase()];
      if (place) location.assign(place);
      return;
    }
    if (event.key === "g") {
      waitingForPlace = true;
      setTimeout(function () {
        waitingForPlace = false;
      }, 1200);
    }
  });

  document.addEventListener("click", function (event) {
    var reload = event.target.closest && event.target.closest("[data-reload]");
    if (reload) {
      event.preventDefault();
      location.reload();
    }
    if (event.target.closest && event.target.closest(".skip")) {
      var main = document.getElementById("main");
      if (main) main.focus();
    }
  });
})();
