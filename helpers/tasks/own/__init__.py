"""A reader's own task: files of any usual kind are read, checked, cleaned and split; nothing is lost without a word.

opened gets bytes and text; tables, records (by shapes) and workbooks get rows; headers and columns say what they mean,
cleaning what is wrong with them, splits what is learned from and what is tested; folders and documents read folders.
reading puts it together.
"""
