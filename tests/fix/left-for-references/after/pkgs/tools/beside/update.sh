#!/bin/sh
edit main
