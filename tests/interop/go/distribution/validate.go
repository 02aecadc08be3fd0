package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"go.opentelemetry.io/collector/otelcol"
)

// folderVariable tells the second process where it may write; the first one cleans up.
const folderVariable = "VALIDATE_FOLDER"

type config struct {
	ID     string            `json:"id"`
	Config string            `json:"config"`
	Env    map[string]string `json:"env,omitempty"`
}

type verdict struct {
	ID    string `json:"id"`
	OK    bool   `json:"ok"`
	Error string `json:"error,omitempty"`
}

// validateMany has the configs of stdin judged by a second process. That one may die of
// a config, or hang: it is started anew, and only that config gets an error for it.
func validateMany(patience time.Duration) error {
	folder, err := os.MkdirTemp("", "configs")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	judge := &judge{patience: patience, folder: folder}
	defer judge.stop()
	return answer(os.Stdin, os.Stdout, judge.ask)
}

// validateSome judges configs, as `validate` would, until one of them ends the process.
func validateSome() error {
	file := filepath.Join(os.Getenv(folderVariable), "config.yaml")
	return answer(os.Stdin, os.Stdout, func(asked config) verdict {
		if err := validate(asked, file); err != nil {
			return verdict{ID: asked.ID, Error: err.Error()}
		}
		return verdict{ID: asked.ID, OK: true}
	})
}

func validate(asked config, file string) error {
	if err := os.WriteFile(file, []byte(asked.Config), 0o600); err != nil {
		return err
	}
	for name, value := range asked.Env {
		before, was := os.LookupEnv(name)
		os.Setenv(name, value)
		if was {
			defer os.Setenv(name, before)
		} else {
			defer os.Unsetenv(name)
		}
	}
	collector, err := otelcol.NewCollector(settings("file:" + file))
	if err != nil {
		return err
	}
	return collector.DryRun(context.Background())
}

// judge is the second process, started when it is needed.
type judge struct {
	patience time.Duration
	folder   string
	command  *exec.Cmd
	in       io.WriteCloser
	out      chan []byte
	said     bytes.Buffer
}

func (j *judge) ask(asked config) verdict {
	if err := j.start(); err != nil {
		return verdict{ID: asked.ID, Error: err.Error()}
	}
	question, _ := json.Marshal(asked)
	_, failed := j.in.Write(append(question, '\n'))
	var line []byte
	if failed == nil {
		select {
		case line = <-j.out:
		case <-time.After(j.patience):
			failed = fmt.Errorf("no verdict within %s", j.patience)
		}
	}
	var judged verdict
	if failed == nil && json.Unmarshal(line, &judged) == nil {
		return judged
	}
	j.stop()
	return verdict{ID: asked.ID, Error: "the validation ended: " + j.lastWords(failed)}
}

func (j *judge) lastWords(failed error) string {
	if failed != nil {
		return failed.Error()
	}
	return j.said.String()
}

func (j *judge) start() (err error) {
	if j.command != nil {
		return nil
	}
	j.said.Reset()
	j.command = exec.Command(os.Args[0], "validate-some")
	j.command.Env = append(os.Environ(), folderVariable+"="+j.folder)
	j.command.Stderr = &j.said
	if j.in, err = j.command.StdinPipe(); err != nil {
		return err
	}
	out, err := j.command.StdoutPipe()
	if err != nil {
		return err
	}
	j.out = make(chan []byte, 1)
	go read(out, j.out)
	return j.command.Start()
}

func (j *judge) stop() {
	if j.command == nil {
		return
	}
	_ = j.command.Process.Kill()
	_ = j.command.Wait()
	j.command = nil
}

// read passes lines on; a closed channel says that there are no more.
func read(from io.Reader, to chan<- []byte) {
	defer close(to)
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, longest)
	for lines.Scan() {
		to <- bytes.Clone(lines.Bytes())
	}
}
