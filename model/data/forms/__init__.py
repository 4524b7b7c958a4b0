"""Own data in the forms that people have it in, each read into pictures and labels.

`table.FORMS` has them all; `reader.read` recognises which one a file or folder is in. Whatever
stands in a file may be hostile: sizes are bounded before anything is unpacked or decoded.
"""
