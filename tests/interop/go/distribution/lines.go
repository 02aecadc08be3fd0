package main

import (
	"bufio"
	"encoding/json"
	"io"
)

// longest is how many bytes one line of a stream may have.
const longest = 64 << 20

// answer calls back for each JSON value of a stream, and writes what it answers as a line.
func answer[Question, Answer any](
	in io.Reader, out io.Writer, reply func(Question) Answer,
) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, longest)
	encoder := json.NewEncoder(out)
	for lines.Scan() {
		var question Question
		if err := json.Unmarshal(lines.Bytes(), &question); err != nil {
			return err
		}
		if err := encoder.Encode(reply(question)); err != nil {
			return err
		}
	}
	return lines.Err()
}
