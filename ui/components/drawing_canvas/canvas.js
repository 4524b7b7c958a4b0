// The drawing canvas's library, kept from ending a canvas that is still on the page.
//
// Of two runs that come close together Streamlit gives a component both, and may clean up after the
// first when the second has been given already. The library then takes the canvas away and makes
// another one, on which nothing is drawn but what Python put there last: what hands have drawn is
// gone. So only a canvas that has left the page is ended.
//
// PLACE stands before this file: the library's script below the server's own address. All views are
// one step below that, so that it is beside the page's. An inline module has no address of its own.

const { default: mount } = await import(new URL(PLACE, document.baseURI));

export default function (component) {
  const end = mount(component);
  return () => {
    if (!component.parentElement.isConnected) end();
  };
}
