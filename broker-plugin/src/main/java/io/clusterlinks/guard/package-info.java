// SPDX-License-Identifier: Apache-2.0
/** The read-only fence around mirror topics. */
package io.clusterlinks.guard;
