"""A web page that shows the MATRIX boards of an INDI server: an INDI client on one side, browsers on the other.

What browsers run (HTML, CSS, JavaScript) is in the folder `web`. Not here: what a board does (board, devices).
Only `world`, which is used beside a simulated board, knows of the simulator and of MALOS.
"""
