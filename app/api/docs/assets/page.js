/* The tools take what stands after # in the address for a place of their own, so the way past the header is shown here. */
"use strict";

document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  document.getElementById("content").focus();
});
